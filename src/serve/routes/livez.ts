import { json } from '../reply.ts';
import type { Route } from '../route.ts';

/** The program runs; whether it can do its work is `/readyz`. */
export default {
  path: '/livez',
  access: 'probe',
  methods: { GET: () => Promise.resolve(json(200, { ok: true })) },
} satisfies Route;
