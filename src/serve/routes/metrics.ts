import type { Route } from '../route.ts';

export default {
  path: '/metrics',
  access: 'probe',
  methods: {
    GET: async (_asked, { metrics: { registry } }) => ({
      status: 200,
      type: registry.contentType,
      body: await registry.metrics(),
    }),
  },
} satisfies Route;
