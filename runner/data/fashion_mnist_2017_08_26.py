"""`fashion_mnist_2017_08_26`: the upload that the article and MXNet's own downloader have.

In another order, and with 43 duplicates among the training images, which the authors removed on 31
August 2017. The digests are those in MXNet's source, of commit 9490065 of the authors' repository.
"""

from dataclasses import replace

from runner.data.fashion_mnist import FASHION_MNIST

FASHION_MNIST_2017_08_26 = replace(
    FASHION_MNIST,
    name="fashion_mnist_2017_08_26",
    title="Fashion-MNIST of 26 August 2017",
    digests={
        "train-images-idx3-ubyte.gz": "0cf37b0d40ed5169c6b3aba31069a9770ac9043d",
        "train-labels-idx1-ubyte.gz": "236021d52f1e40852b06a4c3008d8de8aef1e40b",
        "t10k-images-idx3-ubyte.gz": "626ed6a7c06dd17c0eec72fa3be1740f146a2863",
        "t10k-labels-idx1-ubyte.gz": "17f9ab60e7257a1620f4ad76bbbaf857c3920701",
    },
    addresses=(
        # where MXNet's downloader looks
        "https://apache-mxnet.s3-accelerate.dualstack.amazonaws.com/gluon/dataset/fashion-mnist/",
    ),
    debian_package=None,
    debian_folder=None,
)
