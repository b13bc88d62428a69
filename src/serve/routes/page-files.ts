import { pageFile } from '../page-files.ts';
import type { Route } from '../route.ts';

/** What the page loads. */
export default {
  path: '/page/*',
  access: 'page',
  methods: { GET: (asked) => pageFile(asked.rest, asked) },
} satisfies Route;
