/**
 * The HSM over any hypervisor: the service and its virtual machines. See {@code docs/topic/hsm.md}.
 */
@NullMarked
package org.cupule.hsm.impl;

import org.jspecify.annotations.NullMarked;
