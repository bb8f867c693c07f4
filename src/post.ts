import { cleanUp, reportFailure, runCommand } from './bundle.js'

// The post step of the root action: it never fails a job.
void runCommand(cleanUp, reportFailure('The Management Key could not be cleaned up', 'warning'))
