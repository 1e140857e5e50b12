import { Process } from 'manycore'

function work(name: string): void {
  console.log(`Worker ${name} executing.`)
}

const worker = new Process({ target: work, args: ['A'] })
worker.start()
await worker.join()

console.log('Process execution completed.')
