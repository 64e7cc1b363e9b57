/**
 * Virtio devices: a driver that plays the guest, and what each device must do.
 */
@NullMarked
package org.cupule.tck.virtio;

import org.jspecify.annotations.NullMarked;
