import { openLoopback } from '#dist/channel/loopback.js'
import { channelContract } from './contract.ts'

channelContract('a loopback', openLoopback)
