// Everything with which a worker process serves its owner, as one file.
module.exports = { serveOwner }

function serveOwner(isReady: boolean): void {
  const { startProcess } = require('./process-start.js') as typeof import('./process-start.ts')
  startProcess(() => require('./loop.js') as typeof import('./loop.ts'), isReady)
}
