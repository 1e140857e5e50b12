// What a thread runs, in the same order as process-entry.cts.
const { hasLoader } = require('./has-loader.cjs') as { hasLoader(): boolean }

if (hasLoader()) {
  void import('./thread-start.ts').then(({ startThread }) => startThread(() => import('./loop.ts'), false))
} else {
  // The specifiers name the built files: the compiler rewrites those of imports only.
  const { postReady } = require('./thread-ready.js') as typeof import('./thread-ready.ts')
  postReady()
  const { serveOwner } = require('./thread-service.js') as { serveOwner(): void }
  serveOwner()
}
