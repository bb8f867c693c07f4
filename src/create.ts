import { createKey, reportFailure, runCommand } from './bundle.js'

// The main step of the root action.
void runCommand(createKey, reportFailure('The Management Key could not be created'))
