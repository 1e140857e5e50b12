// What a worker process runs; see has-loader.cts.
const { hasLoader } = require('./has-loader.cjs') as { hasLoader(): boolean }

if (hasLoader()) {
  void import('./process-start.ts').then(({ startProcess }) => startProcess(() => import('./loop.ts')))
} else {
  // The specifiers name the built files: the compiler rewrites those of imports only.
  const { startProcess } = require('./process-start.js') as typeof import('./process-start.ts')
  startProcess(() => require('./loop.js') as typeof import('./loop.ts'))
}
