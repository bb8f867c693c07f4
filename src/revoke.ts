import { reportFailure, revokeKeys, runCommand } from './bundle.js'

// The only step of the revoke action.
void runCommand(revokeKeys, reportFailure('The Management Keys could not be revoked'))
