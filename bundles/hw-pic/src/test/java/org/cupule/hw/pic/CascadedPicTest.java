package org.cupule.hw.pic;

import org.cupule.hardware.PicFactory;
import org.cupule.tck.hardware.PicContract;

class CascadedPicTest extends PicContract {
    @Override
    protected PicFactory factory() {
        return new CascadedPicFactory();
    }
}
