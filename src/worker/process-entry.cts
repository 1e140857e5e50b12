// What a worker process runs; see has-loader.cts. Without a loader it says first that it is ready: what serves its owner
// is compiled while the owner answers.
const { hasLoader } = require('./has-loader.cjs') as { hasLoader(): boolean }

if (hasLoader()) {
  void import('./process-start.ts').then(({ startProcess }) => startProcess(() => import('./loop.ts'), false))
} else {
  // The specifiers name the built files: the compiler rewrites those of imports only.
  const { sayReadyAtOnce } = require('./ready.js') as typeof import('./ready.ts')
  const isReady = sayReadyAtOnce()
  const { serveOwner } = require('./process-service.js') as { serveOwner(isReady: boolean): void }
  serveOwner(isReady)
}
