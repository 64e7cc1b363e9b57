/**
 * An HSM without a hypervisor: the tests make the requests that vCPUs would make.
 */
@NullMarked
package org.cupule.machine.fake;

import org.jspecify.annotations.NullMarked;
