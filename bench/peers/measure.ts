// Measures one row of the speed table with one peer, in a process of its own: measure.js PEER ROW WORKERS. The last line
// that it prints is the outcome as JSON.
import { PEERS } from './list.ts'
import { rows } from './rows.ts'

const [peerName = '', rowKey = '', workers = '2'] = process.argv.slice(2)
const peer = PEERS.find(({ name }) => name === peerName)
const row = rows.find(({ key }) => key === rowKey)
if (peer?.load === undefined || row?.measure === undefined) throw new Error(`No peer ${peerName} or no row ${rowKey}.`)

// Some peers throw out of a timer what is a figure here: that the task could not be done.
process.on('uncaughtException', (error) => tell({ failed: String(error) }))

try {
  tell(await row.measure(peer.load, Number(workers), peer.kind.endsWith('threads') ? 'thread' : 'process'))
} catch (error) {
  tell({ failed: error instanceof Error ? error.message : String(error) })
}

function tell(outcome: object): void {
  process.stdout.write(`\n${JSON.stringify(outcome)}\n`, () => process.exit())
}
