/**
 * Races of the request path; each state is one VM's, without a hypervisor. In the package to reach what is not public.
 */
package org.cupule.hsm.impl.ioreq;
