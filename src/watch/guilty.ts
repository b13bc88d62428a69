/** Says what is wrong with a list, or nothing. */
export type Problem<T> = (items: readonly T[]) => Promise<string | undefined>;

/**
 * The items for whose sake a list is wrong, each with the problem, by halving: of what is wrong, the shortest beginning
 * that is wrong ends with a guilty one; it is left out, and the rest looked at again. Of items that are only wrong
 * together, the later is guilty. So many at the beginning are likely to be well, and are looked at as one. Some ⌈log₂ n⌉ + 1 lists for each; after so many lists, or when even no item at all is
 * wrong, it throws the problem.
 */
export async function guiltyOf<T>(
  items: readonly T[],
  problemOf: Problem<T>,
  { most = 64, likelyWell = 0 } = {},
): Promise<Map<T, string>> {
  const guilty = new Map<T, string>();
  let tries = 0;
  const wrongWith = async (list: readonly T[]) => {
    tries += 1;
    const problem = await problemOf(list);
    if (problem !== undefined && tries >= most) throw new Error(problem);
    return problem;
  };

  let left = items;
  // What stands before here is known to be well.
  let well = 0;
  let likely = likelyWell;
  // That no item at all is well is taken for granted until the first one seems guilty, and nothing better without it.
  let doubted = false;
  for (let problem = await wrongWith(left); problem !== undefined; problem = await wrongWith(left)) {
    if (left.length === 0) throw new Error(problem);
    if (doubted) {
      const bare = await wrongWith([]);
      if (bare !== undefined) throw new Error(bare);
      doubted = false;
    }
    let wrong = left.length;
    while (wrong - well > 1) {
      const middle = well < likely && likely < wrong ? likely : Math.floor((well + wrong) / 2);
      const found = await wrongWith(left.slice(0, middle));
      if (found === undefined) well = middle;
      else [wrong, problem] = [middle, found];
    }
    const [one] = left.slice(wrong - 1, wrong);
    if (one === undefined) break;
    doubted = wrong === 1 && guilty.size === 0;
    guilty.set(one, problem);
    left = left.toSpliced(wrong - 1, 1);
    well = wrong - 1;
    if (well < likely) likely -= 1;
  }
  return guilty;
}
