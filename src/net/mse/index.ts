export { mse } from './mse.ts';
