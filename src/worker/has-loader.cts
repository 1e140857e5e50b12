// CommonJS that requires ES modules starts about 3 ms sooner than an ES module that imports them. But a loader such as
// tsx compiles what is required a second time, for itself, so that classes and state exist twice; and some flags forbid
// the require. Then everything is to be imported.
module.exports = { hasLoader }

function hasLoader(): boolean {
  return /(^|[\s"])(-r|--require|--import|--loader|--experimental-loader|--no-(experimental-)?require-module)\b/.test(
    `${process.execArgv.join(' ')} ${process.env['NODE_OPTIONS'] ?? ''}`,
  )
}
