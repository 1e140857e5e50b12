import { Pool } from 'manycore'

const pool = new Pool({ processes: 3 })
const results = await pool.map((task: number) => task ** 2, [2, 4, 6, 8, 10])
console.log('Results:', results)

pool.close()
await pool.join()
