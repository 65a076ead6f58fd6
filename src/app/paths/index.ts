/** Door of the places where the platform keeps what programs have. */
export { configFile, daemonDirectory, keyDirectory, socketPath, stateDirectory } from './paths.ts';
