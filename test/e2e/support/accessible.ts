import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { CDPSession, Page } from 'playwright-core';

const sniffer = readFileSync(createRequire(import.meta.url).resolve('html_codesniffer/build/HTMLCS.js'), 'utf8');

/** What is a matter of taste, or measured here by other means, or is told of all that has this property: by the ends of its codes. */
const passed = [
  // It can't tell what is below; `faint` can.
  '1_4_3.G18.Abs',
  '1_4_3.G18.Alpha',
  // Fixed and preformatted text "may" need two scroll bars: a test of its own makes sure that none does.
  '1_4_10.C32,C31,C33,C38,SCR34,G206',
  // Names are no groups; the choice is one by its property, not by an attribute.
  '1_3_1.H85.2',
  '4_1_2.H91.Select.Value',
  // A control that is hidden for now has its name all the same.
  '1_3_1.F68.HiddenAttr',
];

/** What HTML_CodeSniffer finds wrong by WCAG 2.1 AA: https://squizlabs.github.io/HTML_CodeSniffer/ */
export async function breaches(page: Page): Promise<string[]> {
  const found = await page.evaluate<string[]>(`(() => {
    ${sniffer}
    const { HTMLCS } = globalThis;
    return new Promise((done) => {
      const told = () => HTMLCS.getMessages()
        .filter(({ type }) => type !== HTMLCS.NOTICE)
        .map(({ code, msg, element }) => code + ' ' + msg + ' ' + (element.outerHTML ?? '').slice(0, 200));
      HTMLCS.process('WCAG2AA', document, () => done(told()), (error) => done([String(error)]));
    });
  })()`);
  return [...new Set(found)].filter((one) => !passed.some((code) => one.split(' ')[0]?.endsWith(code)));
}

interface AxNode {
  role?: { value: string };
  name?: { value: string };
  ignored: boolean;
  backendDOMNodeId: number;
}

const interactive = [
  'button',
  'link',
  'textbox',
  'searchbox',
  'combobox',
  'listbox',
  'slider',
  'checkbox',
  'radio',
  'menuitem',
  'DisclosureTriangle',
  'treegrid',
  'toolbar',
  'dialog',
  'navigation',
  'region',
  'group',
  'table',
  'PopUpButton',
];

/** How many nodes a person can do something with or go by there are, as the browser tells them to screen readers; and those that have no name. */
export async function named(page: Page): Promise<{ count: number; nameless: string[] }> {
  const session: CDPSession = await page.context().newCDPSession(page);
  try {
    const { nodes } = (await session.send('Accessibility.getFullAXTree')) as unknown as { nodes: AxNode[] };
    const told = nodes.filter(({ ignored, role }) => !ignored && interactive.includes(role?.value ?? ''));
    const nameless: string[] = [];
    for (const { name, backendDOMNodeId } of told.filter(({ name }) => !/[\p{L}\p{N}]/u.test(name?.value ?? ''))) {
      const { outerHTML } = await session.send('DOM.getOuterHTML', { backendNodeId: backendDOMNodeId });
      // What folds a group of values is named by what stands on it.
      if (!outerHTML.startsWith('<details')) nameless.push(`${name?.value} ${outerHTML.slice(0, 200)}`);
    }
    return { count: told.length, nameless };
  } finally {
    await session.detach();
  }
}

// What runs in the page, as text: nothing of it is of this program.

const visible = `(element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !element.closest('.hidden')`;

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
