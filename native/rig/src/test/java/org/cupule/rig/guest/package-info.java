/**
 * What runs in the virtual machine: tests that need {@code /dev/acrn_hsm}. Their classes end with {@code Claims}, which
 * a host's test run does not look for.
 */
@NullMarked
package org.cupule.rig.guest;

import org.jspecify.annotations.NullMarked;
