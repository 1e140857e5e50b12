import { Pool } from 'manycore'

await using pool = new Pool({ processes: 4 })

const squares = await pool.map((n: number) => n * n, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
console.log('Squares:', squares)
