/** Door of the places where the platform keeps what programs have. */
export { configFile, keyDirectory, socketPath, stateDirectory } from './paths.ts';
