"""The frozen-model test: is a printed training what a model that never moved would print?"""
