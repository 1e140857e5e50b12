// What a thread runs; see has-loader.cts.
const { hasLoader } = require('./has-loader.cjs') as { hasLoader(): boolean }

if (hasLoader()) {
  void import('./thread-start.ts').then(({ startThread }) => startThread(() => import('./loop.ts')))
} else {
  // The specifiers name the built files: the compiler rewrites those of imports only.
  const { startThread } = require('./thread-start.js') as typeof import('./thread-start.ts')
  startThread(() => require('./loop.js') as typeof import('./loop.ts'))
}
