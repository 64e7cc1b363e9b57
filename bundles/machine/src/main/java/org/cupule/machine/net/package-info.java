/**
 * A network in user mode: what a machine's network card is connected to, without any privilege of the host.
 */
@NullMarked
package org.cupule.machine.net;

import org.jspecify.annotations.NullMarked;
