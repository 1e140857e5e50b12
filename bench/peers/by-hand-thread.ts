import { parentPort } from 'node:worker_threads'
import { runByHand } from './by-hand-run.ts'

parentPort?.on('message', (request) => parentPort?.postMessage(runByHand(request)))
