import { pageFile } from '../page-files.ts';
import type { Route } from '../route.ts';

/** The page; all its addresses are relative to this one. */
export default {
  path: '/',
  access: 'page',
  methods: { GET: (asked) => pageFile('index.html', asked) },
} satisfies Route;
