/**
 * The virtio console device. Source: VIRTIO 1.2, section 5.3 "Console Device".
 */
@NullMarked
package org.cupule.dev.virtio.console;

import org.jspecify.annotations.NullMarked;
