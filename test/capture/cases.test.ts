import { after, describe, it } from 'node:test'
import { cases } from './cases/all.ts'
import { openRoundTrip } from './support/round-trip.ts'

describe('captured in one process, rebuilt in another', () => {
  const peer = openRoundTrip()
  after(() => peer.close())
  for (const { name, run } of cases) it(name, () => run(peer))
})
