// What runs in the page, as text: nothing of it is of this program.

const visible = `(element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !element.closest('.hidden')`;

/** The controls that have no name, as their HTML. */
export const nameless = `[...document.querySelectorAll('button, a[href], input, select, [role], dialog, [tabindex="0"]')]
  .filter(${visible})
  .filter((element) => {
    if (element.matches('[role=row], [role=gridcell], [role=alert], [role=status], [role=search]')) return false;
    const by = document.getElementById(element.getAttribute('aria-labelledby') ?? '');
    const label = element.labels?.[0];
    const shown = [...element.childNodes].filter((node) => node.ariaHidden !== 'true').map((node) => node.textContent);
    const own = element.matches('button, a, summary') ? shown.join('') : '';
    return ![element.ariaLabel, by?.textContent, label?.textContent, own].some((name) => /[\\p{L}\\p{N}↑↓]/u.test(name ?? ''));
  })
  .map((element) => element.outerHTML.slice(0, 200))`;

/** The texts whose contrast is less than 4.5 to 1: https://www.w3.org/TR/WCAG22/#contrast-minimum */
export const faint = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (channels) => {
    const [r, g, b] = channels.map((one) => (one / 255 <= 0.04045 ? one / 255 / 12.92 : ((one / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const grounds = (element) => {
    const all = [];
    for (let at = element; at; at = at.parentElement) all.unshift(getComputedStyle(at).backgroundColor);
    return all;
  };
  const found = new Set();
  const walker = document.createTreeWalker(document.querySelector('dialog[open]') ?? document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!/[\\p{L}\\p{N}]/u.test(node.textContent) || !(${visible})(element) || element.matches(':disabled, option, noscript')) continue;
    const below = grounds(element);
    const [a, b] = [rgb([...below, getComputedStyle(element).color]), rgb(below)].map(light);
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) found.add(element.className + ' ' + node.textContent.trim().slice(0, 30) + ' ' + contrast.toFixed(2));
  }
  return [...found];
})()`;
