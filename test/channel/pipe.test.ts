import { channelContract } from './contract.ts'
import { pipePair } from './pairs.ts'

channelContract('a pipe', pipePair)
