// CommonJS, because poolifier sends its first message before an ES module listens, and then waits for ever.
const { requirePeer } = require('./installed.js') as typeof import(
  './installed.ts',
  { with: { 'resolution-mode': 'import' } }
)
const tasks = require('./tasks.js') as object

const { ClusterWorker } = requirePeer<{ ClusterWorker: new (functions: object) => unknown }>('poolifier')
module.exports = new ClusterWorker({ ...tasks })
