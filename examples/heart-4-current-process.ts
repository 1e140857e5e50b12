import { Pool, Process, currentProcess } from 'manycore'

const print = (n: number): void => {
  console.log(`${currentProcess().name} prints ${n}`)
}

const processes = [1, 2, 3, 4].map((n) => new Process({ target: print, args: [n] }))
for (const process of processes) process.start()
for (const process of processes) await process.join()

await using pool = new Pool({ processes: 4 })
await pool.map(print, [1, 2, 3, 4])
