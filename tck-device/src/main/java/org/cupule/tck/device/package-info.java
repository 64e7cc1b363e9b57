/**
 * A test bed for devices without a machine, and the contract that every device must pass.
 */
@NullMarked
package org.cupule.tck.device;

import org.jspecify.annotations.NullMarked;
