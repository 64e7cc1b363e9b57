/**
 * Races of the simulated hypervisor's vCPUs. In the package to reach what is not public.
 */
package org.cupule.hv.sim;
