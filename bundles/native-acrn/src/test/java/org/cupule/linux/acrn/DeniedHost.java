package org.cupule.linux.acrn;

import java.nio.file.Path;
import org.cupule.host.DeviceFile;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/** A host whose user may open nothing. */
final class DeniedHost extends OldHost {
    @Override
    public DeviceFile open(Path path) {
        throw new HsmException(Errno.EACCES, "open", path + " cannot be opened");
    }
}
