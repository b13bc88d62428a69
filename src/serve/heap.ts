/** Gives the least of what was put in, again and again. */
export interface Heap<T> {
  readonly size: number;
  push(item: T): void;
  pop(): T | undefined;
  peek(): T | undefined;
}

export function createHeap<T>(compare: (a: T, b: T) => number): Heap<T> {
  const items: T[] = [];
  const less = (a: number, b: number) => compare(items[a] as T, items[b] as T) < 0;
  const swap = (a: number, b: number) => ([items[a], items[b]] = [items[b] as T, items[a] as T]);
  return {
    get size() {
      return items.length;
    },
    peek: () => items[0],
    push(item) {
      let at = items.push(item) - 1;
      for (let up = (at - 1) >> 1; at > 0 && less(at, up); up = (at - 1) >> 1) {
        swap(at, up);
        at = up;
      }
    },
    pop() {
      const [top] = items;
      const last = items.pop();
      if (items.length === 0 || last === undefined) return top;
      items[0] = last;
      for (let at = 0; ;) {
        let least = at;
        for (const down of [2 * at + 1, 2 * at + 2]) if (down < items.length && less(down, least)) least = down;
        if (least === at) return top;
        swap(at, least);
        at = least;
      }
    },
  };
}
