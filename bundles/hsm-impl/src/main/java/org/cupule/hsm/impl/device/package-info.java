/**
 * The character device: ioctls translated to the HSM's services, with no logic of its own. See
 * {@code docs/topic/hsm-device.md}.
 */
@NullMarked
package org.cupule.hsm.impl.device;

import org.jspecify.annotations.NullMarked;
