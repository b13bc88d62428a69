export * from '../../src/kit/targets.ts';
