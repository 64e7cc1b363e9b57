/** The host's side of the rig: boots the virtual machine and reads what came of the tests in it. */
@NullMarked
package org.cupule.rig;

import org.jspecify.annotations.NullMarked;
