// Everything with which a thread serves its owner, as one file.
module.exports = { serveOwner }

function serveOwner(): void {
  const { startThread } = require('./thread-start.js') as typeof import('./thread-start.ts')
  startThread(() => require('./loop.js') as typeof import('./loop.ts'), true)
}
