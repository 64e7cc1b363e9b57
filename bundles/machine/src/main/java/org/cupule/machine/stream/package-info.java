/**
 * What a device's stream of bytes is connected to: the machine's console, a file, nothing.
 */
@NullMarked
package org.cupule.machine.stream;

import org.jspecify.annotations.NullMarked;
