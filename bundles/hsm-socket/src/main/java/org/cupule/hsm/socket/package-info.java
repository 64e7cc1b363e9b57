/**
 * The character device for programs in other processes: a server on a local socket, to which the preload library
 * {@code native/hsm-preload} speaks. See {@code docs/topic/hsm-device.md}.
 */
@NullMarked
package org.cupule.hsm.socket;

import org.jspecify.annotations.NullMarked;
