import assert from 'node:assert/strict'
import axios from 'axios'
import { BigNumber } from 'bignumber.js'
import dayjs from 'dayjs'
import { pino } from 'pino'
import { z } from 'zod'
import type { Case } from './case.ts'

/** What libraries made for the user, captured as it stands: configured, with prototypes and state of their own. */
export const libraryCases: readonly Case[] = [
  {
    name: 'a zod schema',
    run: async ({ call }) => {
      const schema = z.object({ age: z.number().int().min(18), tags: z.array(z.string()).default([]) })
      const check = (value: unknown): unknown => {
        const { success, data, error } = schema.safeParse(value)
        return success ? data : error.issues.map(({ path, code }) => `${path.join('.')}: ${code}`)
      }
      assert.deepEqual(await call(check, { age: 20 }), { age: 20, tags: [] })
      assert.deepEqual(await call(check, { age: 3 }), ['age: too_small'])
    },
  },
  {
    name: 'a dayjs',
    run: async ({ call }) => {
      const day = dayjs('2024-02-28T12:00:00')
      const read = (days: number): string => day.add(days, 'day').format('YYYY-MM-DD')
      assert.equal(await call(read, 2), '2024-03-01')
    },
  },
  {
    name: 'a BigNumber and a configured copy of its class',
    run: async ({ call }) => {
      const Precise = BigNumber.clone({ DECIMAL_PLACES: 30 })
      const third = new Precise(1).div(3)
      const ten = new BigNumber(10)
      const read = (): string[] => [
        third.times(3).toFixed(),
        ten.plus('0.1').toFixed(),
        new Precise(2).sqrt().toFixed(),
      ]
      assert.deepEqual(await call(read), read())
    },
  },
  {
    name: 'a pino logger',
    run: async ({ call }) => {
      const logger = pino({ name: 'app', level: 'warn', timestamp: false })
      const read = (): unknown[] => [logger.level, logger.isLevelEnabled('info'), logger.child({ part: 1 }).bindings()]
      const [level, enabled, bindings] = await call(read)
      assert.deepEqual([level, enabled], ['warn', false])
      assert.equal((bindings as { part: number }).part, 1)
    },
  },
  {
    name: 'an axios instance',
    needs: 'builtins',
    run: async ({ call }) => {
      const client = axios.create({ baseURL: 'https://example.org/api', timeout: 1234, headers: { 'x-key': 'k' } })
      const read = (): unknown[] => [
        client.getUri({ url: '/users', params: { q: 1 } }),
        client.defaults.timeout,
        client.defaults.headers['x-key'],
      ]
      assert.deepEqual(await call(read), ['https://example.org/api/users?q=1', 1234, 'k'])
    },
  },
]
