// What a worker process runs. CommonJS that requires ES modules starts about 3 ms sooner than an ES module that imports
// them. But a loader such as tsx compiles what is required a second time, for itself, so that classes and state exist
// twice; and some flags forbid the require. Then everything is imported.
type Start = typeof import('./start.ts')

function hasLoader(): boolean {
  return /(^|[\s"])(-r|--require|--import|--loader|--experimental-loader|--no-(experimental-)?require-module)\b/.test(
    `${process.execArgv.join(' ')} ${process.env['NODE_OPTIONS'] ?? ''}`,
  )
}

if (hasLoader()) {
  void import('./start.ts').then(({ start }) => start(() => import('./loop.ts')))
} else {
  // The specifiers name the built files: the compiler rewrites those of imports only.
  const { start } = require('./start.js') as Start
  start(() => require('./loop.js') as typeof import('./loop.ts'))
}
