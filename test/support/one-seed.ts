/** Properties are tried on cases drawn from one seed, so that the suite says the same of the same code; RUNDRY_TEST_SEED draws others. */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['RUNDRY_TEST_SEED'] ?? 20_261_121) });
