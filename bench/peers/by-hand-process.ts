import type { Request } from './by-hand.ts'
import { runByHand } from './by-hand-run.ts'

process.on('message', (request) => process.send?.(runByHand(request as Request)))
