/** What an agent from outside may use: `import { … } from 'kube-log-watcher/agent'`. */
export { contractVersion, defineAgent } from './agent.ts';
export type { Agent, Check, FileOutput, Fill, LinkOutput, Output, RenderInput } from './agent.ts';
export { attributesOf } from './attributes.ts';
export type { HintKey, Hints } from './hints.ts';
export { toJson } from './json.ts';
export { labelName, podLabels } from './labels.ts';
export { firstBytes, segment } from './path.ts';
export type { HttpReload, Reload, SignalReload } from './reload.ts';
export type { Node, Target } from './target.ts';
export type { Option, OptionTable, OptionType, Values } from '../config/option.ts';
