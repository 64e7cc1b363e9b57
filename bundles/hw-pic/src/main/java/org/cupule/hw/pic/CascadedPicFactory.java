package org.cupule.hw.pic;

import org.cupule.hardware.Pic;
import org.cupule.hardware.PicContext;
import org.cupule.hardware.PicFactory;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.cupule.types.OffersModel;
import org.osgi.service.component.annotations.Component;

/**
 * Makes {@link CascadedPic}s.
 *
 * @threading any thread
 */
@OffersModel(kind = "pic", name = "cascaded", version = "1.0.0")
@Component(service = PicFactory.class)
public final class CascadedPicFactory implements PicFactory {
    @Override
    public ModelInfo info() {
        return new ModelInfo("pic", "cascaded", "1.0.0", "a pair of 8259A with edge/level registers");
    }

    @Override
    public StateSchema schema() {
        return CascadedPic.SCHEMA;
    }

    @Override
    public Pic create(PicContext context) {
        return new CascadedPic(context);
    }
}
